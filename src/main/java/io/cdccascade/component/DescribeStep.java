package io.cdccascade.component;

import io.cdccascade.http.OpenApiDocument;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/** {@code cascade:describe}: answers with the OpenAPI document of the tables that are served now. */
final class DescribeStep implements Processor {

    private final OpenApiDocument document;

    DescribeStep(OpenApiDocument document) {
        this.document = document;
    }

    @Override
    public void process(Exchange exchange) {
        Message message = exchange.getMessage();
        message.setHeader("Cache-Control", "no-cache");
        message.setHeader(Exchange.CONTENT_TYPE, "application/json");
        message.setBody(document.json());
    }
}
