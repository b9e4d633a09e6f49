package io.cdccascade.support;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A TCP port that leads to one server and then to another. Connections stay where they were made. */
public final class MovableAddress implements AutoCloseable {

    private final ServerSocket address;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "movable-address");
        thread.setDaemon(true);
        return thread;
    });
    private volatile int target;

    /** @param target the port on loopback that it leads to first */
    public MovableAddress(int target) throws IOException {
        this.target = target;
        this.address = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    /** The port on loopback that clients connect to. */
    public int port() {
        return address.getLocalPort();
    }

    /** Where new connections lead from now on. */
    public void moveTo(int port) {
        target = port;
    }

    private void accept() {
        while (!address.isClosed()) {
            try {
                Socket client = address.accept();
                threads.execute(() -> connect(client));
            } catch (IOException e) {
                // Closed, or a client that has given up already.
                continue;
            }
        }
    }

    private void connect(Socket client) {
        try {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            threads.execute(() -> pass(client, server));
            pass(server, client);
        } catch (IOException e) {
            close(client);
        }
    }

    /** Until either end is closed; then both are. */
    private static void pass(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // As if it had ended.
        } finally {
            close(from);
            close(to);
        }
    }

    private static void close(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        close(address);
        threads.shutdownNow();
    }
}
