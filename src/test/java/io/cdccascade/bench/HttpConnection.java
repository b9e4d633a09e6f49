package io.cdccascade.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A connection that is kept alive and has one request in flight at the most. For one thread. */
final class HttpConnection implements AutoCloseable {

    private final SocketChannel channel;
    private byte[] in = new byte[16 * 1024];
    private int filled;
    private int bodyStart;
    private String head;
    private long sentAt;
    private long resumeAt;

    private HttpConnection(SocketChannel channel) {
        this.channel = channel;
    }

    /** Connects, and has the selector watch for what comes. */
    static HttpConnection open(InetSocketAddress address, Selector selector) throws IOException {
        SocketChannel channel = SocketChannel.open(address);
        HttpConnection connection = new HttpConnection(channel);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, connection);
        return connection;
    }

    void send(byte[] request) throws IOException {
        filled = 0;
        bodyStart = -1;
        sentAt = System.nanoTime();
        for (ByteBuffer out = ByteBuffer.wrap(request); out.hasRemaining(); ) {
            channel.write(out);
        }
    }

    /** Reads what is there. Returns whether the answer is complete. */
    boolean read() throws IOException {
        if (filled == in.length) {
            in = Arrays.copyOf(in, 2 * in.length);
        }
        int count = channel.read(ByteBuffer.wrap(in, filled, in.length - filled));
        if (count < 0) {
            throw new EOFException("The server closed the connection");
        }
        filled += count;
        return bodyStart < 0 && !readHead() ? false : isBodyComplete();
    }

    /** The status of the answer that is complete. */
    int status() {
        return Integer.parseInt(head.substring(9, 12));
    }

    /** A header of the answer, or null. */
    String header(String name) {
        for (int line = head.indexOf("\r\n") + 2; line < head.length(); line = head.indexOf("\r\n", line) + 2) {
            int colon = line + name.length();
            if (head.regionMatches(true, line, name, 0, name.length()) && head.charAt(colon) == ':') {
                return head.substring(colon + 1, head.indexOf("\r\n", colon)).strip();
            }
        }
        return null;
    }

    long sentAt() {
        return sentAt;
    }

    /** When the next request is to be sent, if not at once. */
    long resumeAt() {
        return resumeAt;
    }

    void resumeAt(long nanos) {
        resumeAt = nanos;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private boolean readHead() {
        for (int i = 3; i < filled; i++) {
            if (in[i] == '\n' && in[i - 1] == '\r' && in[i - 2] == '\n' && in[i - 3] == '\r') {
                head = new String(in, 0, i - 1, StandardCharsets.ISO_8859_1);
                bodyStart = i + 1;
                return true;
            }
        }
        return false;
    }

    private boolean isBodyComplete() {
        if (status() == 304 || status() == 204) {
            return true;
        }
        String length = header("Content-Length");
        if (length != null) {
            return filled >= bodyStart + Integer.parseInt(length);
        }
        if (header("Transfer-Encoding") == null) {
            throw new IllegalStateException("An answer without a length: " + head);
        }
        int at = bodyStart;
        while (true) {
            int end = at;
            while (end < filled && in[end] != '\n') {
                end++;
            }
            if (end >= filled) {
                return false;
            }
            int size = Integer.parseInt(new String(in, at, end - at, StandardCharsets.ISO_8859_1).strip(), 16);
            at = end + 1 + size + 2;
            if (at > filled) {
                return false;
            }
            if (size == 0) {
                return true;
            }
        }
    }
}
