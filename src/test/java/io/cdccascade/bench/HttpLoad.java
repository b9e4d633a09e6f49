package io.cdccascade.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Sends GET requests over kept-alive connections to loopback, each connection one after another, in a process of its
 * own. Plain sockets, because on a small machine whatever the client burns is missing to the server.
 *
 * <p>Arguments: port, path, connections, seconds. Prints requests a second, p50 and p99 in milliseconds.
 */
public final class HttpLoad {

    private HttpLoad() {}

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        int connections = Integer.parseInt(args[2]);
        long nanos = Long.parseLong(args[3]) * 1_000_000_000L;
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        long start = System.nanoTime();
        List<Future<List<Double>>> running = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            running.add(threads.submit(() -> load(port, args[1], start + nanos)));
        }
        List<Double> millis = new ArrayList<>();
        for (Future<List<Double>> connection : running) {
            millis.addAll(connection.get());
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        threads.shutdown();
        Figures figures = Figures.of(millis.stream().mapToDouble(each -> each).toArray());
        System.out.println(String.format(
                Locale.ROOT, "%.1f %.3f %.3f", millis.size() / seconds, figures.median(), figures.percentile(99)));
    }

    private static List<Double> load(int port, String path, long deadline) throws IOException {
        byte[] request = ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        List<Double> millis = new ArrayList<>();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (long now = System.nanoTime(); now < deadline; ) {
                socket.getOutputStream().write(request);
                answer(in);
                long end = System.nanoTime();
                millis.add((end - now) / 1e6);
                now = end;
            }
        }
        return millis;
    }

    private static void answer(InputStream in) throws IOException {
        String status = line(in);
        if (!status.contains(" 200 ")) {
            throw new IOException("Not an answer to measure: " + status);
        }
        int length = -1;
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            if (header.regionMatches(true, 0, "Content-Length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).trim());
            }
        }
        if (length >= 0) {
            in.skipNBytes(length);
            return;
        }
        for (int chunk = -1; chunk != 0; ) {
            chunk = Integer.parseInt(line(in), 16);
            in.skipNBytes(chunk);
            line(in);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("The server hung up");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }
}
