package io.cdccascade.capture;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import javax.net.SocketFactory;

/**
 * Makes Debezium's reader wait for bytes instead of sleeping and asking again. To see whether the server has sent something,
 * PostgreSQL's driver reads with a time limit of one millisecond. Sockets made here wait longer: bytes end the wait at once,
 * so that a change is noticed as soon as it comes, and a quiet log costs little.
 *
 * <p>Debezium is told by {@code driver.socketFactory}, the driver's
 * <a href="https://jdbc.postgresql.org/documentation/use/#connection-parameters">connection parameter</a>.
 */
public final class WaitingSocketFactory extends SocketFactory {

    private static final int DRIVERS_LIMIT_MILLIS = 1;
    /** Confirming an offset has to wait for a read to end, so this must not be long. */
    private static final int WAIT_MILLIS = 20;

    @Override
    public Socket createSocket() {
        return new Socket() {
            @Override
            public synchronized void setSoTimeout(int millis) throws SocketException {
                super.setSoTimeout(millis == DRIVERS_LIMIT_MILLIS ? WAIT_MILLIS : millis);
            }
        };
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return createSocket(InetAddress.getByName(host), port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
        return createSocket(InetAddress.getByName(host), port, local, localPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return createSocket(host, port, null, 0);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
        Socket socket = createSocket();
        socket.bind(new InetSocketAddress(local, localPort));
        socket.connect(new InetSocketAddress(host, port));
        return socket;
    }
}
