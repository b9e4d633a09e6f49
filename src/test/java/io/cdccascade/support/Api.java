package io.cdccascade.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A caller of a running system's HTTP port. */
public final class Api {

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final int port;

    /** @param port the port on loopback */
    public Api(int port) {
        this.port = port;
    }

    /** GET under the API's base path, e.g. {@code /sinners/read/14}; headers as name, value, name, value, … */
    public HttpResponse<String> get(String path, String... headers) {
        return send("GET", path, null, headers);
    }

    /** A request under the API's base path with a JSON body, or null for none. */
    public HttpResponse<String> send(String method, String path, String body, String... headers) {
        return request(method, "/api/v1" + path, body, headers);
    }

    /** A request to any path of the server. */
    public HttpResponse<String> request(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(30));
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (body != null) {
            request.setHeader("Content-Type", "application/json");
        }
        request.method(
                method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The status of readiness: 200 while everything that has to run runs, else 503. */
    public int readiness() {
        return request("GET", "/observe/health/ready", null).statusCode();
    }

    /** The Cache-Status of an answer without the cache's name: {@code hit}, {@code fwd=miss; stored}, … */
    public static String cacheStatus(HttpResponse<String> answer) {
        return answer.headers().firstValue("Cache-Status").orElse("none").replace("cascade; ", "");
    }
}
