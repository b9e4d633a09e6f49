package io.cdccascade.dev;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** {@code scripts/redis}: runs one Redis command for people who have no {@code redis-cli} at hand. */
final class RedisShell {

    private final InputStream in;
    private final OutputStream out;

    private RedisShell(Socket socket) throws IOException {
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /** @param args the command and its arguments */
    public static void main(String[] args) {
        if (args.length == 0) {
            Console.exit("usage: scripts/redis KEYS '*'");
        }
        var host = Console.setting("CASCADE_REDIS_HOST", "localhost");
        var port = Console.setting("CASCADE_REDIS_PORT", "16379");
        try (var socket = new Socket(host, Integer.parseInt(port))) {
            var redis = new RedisShell(socket);
            redis.call("AUTH", Console.setting("CASCADE_REDIS_PASSWORD", "rootpw"));
            System.out.println(redis.call(args));
        } catch (IOException e) {
            Console.exit("redis://" + host + ":" + port + ": " + e.getMessage());
        }
    }

    private String call(String... command) throws IOException {
        var request = new ByteArrayOutputStream();
        request.writeBytes(("*" + command.length + "\r\n").getBytes(UTF_8));
        for (var word : command) {
            var bytes = word.getBytes(UTF_8);
            request.writeBytes(("$" + bytes.length + "\r\n").getBytes(UTF_8));
            request.writeBytes(bytes);
            request.writeBytes("\r\n".getBytes(UTF_8));
        }
        out.write(request.toByteArray());
        return reply("");
    }

    /** Reads a reply of the protocol RESP 2 and renders it as {@code redis-cli} does. */
    private String reply(String indent) throws IOException {
        var line = line();
        var rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+' -> rest;
            case ':' -> "(integer) " + rest;
            case '$' -> bulk(Integer.parseInt(rest));
            case '*' -> array(Integer.parseInt(rest), indent);
            default -> throw new IOException(rest);
        };
    }

    private String bulk(int length) throws IOException {
        if (length < 0) {
            return "(nil)";
        }
        var bytes = in.readNBytes(length);
        in.skipNBytes(2);
        return new String(bytes, UTF_8);
    }

    private String array(int length, String indent) throws IOException {
        if (length <= 0) {
            return length < 0 ? "(nil)" : "(empty)";
        }
        var text = new StringBuilder();
        for (int i = 1; i <= length; i++) {
            var number = i + ") ";
            text.append(i == 1 ? "" : System.lineSeparator() + indent)
                    .append(number)
                    .append(reply(indent + " ".repeat(number.length())));
        }
        return text.toString();
    }

    private String line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\r'; next = in.read()) {
            if (next < 0) {
                throw new IOException("the server closed the connection");
            }
            line.write(next);
        }
        in.skipNBytes(1);
        return line.toString(UTF_8);
    }
}
