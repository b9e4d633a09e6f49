package io.cdccascade.bench;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;

/** A bare Vert.x server that answers a constant: the least that HTTP costs in this JVM. The argument is its port. */
public final class ConstantVertx {

    /** As large as the row that it is compared with, and as the constant of {@code bench/constant.camel.yaml}. */
    private static final String ROW =
            "{\"code\":21,\"name\":\"Chameleon\",\"class\":\"S\",\"libram\":\"Fraud\",\"tendency\":"
                    + "\"Fury\",\"created_at\":\"2026-01-01T12:00:00.123456\",\"updated_at\":\"2026-01-01T12:00:00.123456\"}";

    private ConstantVertx() {}

    public static void main(String[] args) {
        Buffer body = Buffer.buffer(ROW);
        Vertx.vertx()
                .createHttpServer()
                .requestHandler(request -> request.response()
                        .putHeader("Content-Type", "application/json")
                        .end(body))
                .listen(Integer.parseInt(args[0]), "127.0.0.1");
    }
}
