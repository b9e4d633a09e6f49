package io.cdccascade.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

/** Sockets that wait where PostgreSQL's driver only looks. */
class WaitingSocketFactoryTest {

    private final WaitingSocketFactory sockets = new WaitingSocketFactory();

    @Test
    void aLookIsTurnedIntoAWaitAndEveryOtherLimitIsKept() throws Exception {
        try (Socket socket = sockets.createSocket()) {
            socket.setSoTimeout(1);
            assertThat(socket.getSoTimeout()).isGreaterThan(1);
            socket.setSoTimeout(0);
            assertThat(socket.getSoTimeout()).isZero();
            socket.setSoTimeout(30_000);
            assertThat(socket.getSoTimeout()).isEqualTo(30_000);
        }
    }

    @Test
    void connectsInEachWayThatADriverMayAskFor() throws Exception {
        InetAddress here = InetAddress.getLoopbackAddress();
        try (ServerSocket server = new ServerSocket(0, 4, here);
                Socket byName = sockets.createSocket(here.getHostAddress(), server.getLocalPort());
                Socket byAddress = sockets.createSocket(here, server.getLocalPort());
                Socket bound = sockets.createSocket(here.getHostAddress(), server.getLocalPort(), here, 0)) {
            assertThat(byName.isConnected()).isTrue();
            assertThat(byAddress.isConnected()).isTrue();
            assertThat(bound.getLocalAddress()).isEqualTo(here);
        }
    }
}
