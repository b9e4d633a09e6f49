package io.cdccascade.reload;

/** Route files for the tests, most of them of one element. */
final class RouteYaml {

    static final String HELLO = route("hello", "hello");
    static final String GREET =
            "- route: {id: greet, from: {uri: 'direct:greet'," + " steps: [{bean: {ref: greeter, method: greet}}]}}\n";
    static final String FAILS = "- route: {id: fails, routeConfigurationId: soft, from: {uri: 'direct:fails',"
            + " steps: [{throwException: {exceptionType: java.lang.IllegalStateException, message: x}}]}}\n";

    private RouteYaml() {}

    static String route(String id, String answer) {
        return "- route: {id: " + id + ", from: {uri: 'direct:" + id + "', steps: [{setBody: {constant: '" + answer
                + "'}}]}}\n";
    }

    static String greeter(String greeting) {
        return "- beans: [{name: greeter, type: io.cdccascade.reload.Greeter, constructors: {0: '#bean:account'},"
                + " properties: {greeting: " + greeting + "}, destroyMethod: close}]\n";
    }

    static String template(String answer) {
        return "- routeTemplate: {id: answering, parameters: [{name: from}], from: {uri: 'direct:{{from}}',"
                + " steps: [{setBody: {constant: " + answer + "}}]}}\n";
    }

    static String templated(String id, String from) {
        return "- templatedRoute: {" + id + "routeTemplateRef: answering, parameters: [{name: from, value: " + from
                + "}]}\n";
    }

    static String configuration(String answer) {
        return "- routeConfiguration: {id: soft, onException: ["
                + onException(answer).substring(2).trim() + "]}\n";
    }

    static String onException(String answer) {
        return "- {onException: {exception: [java.lang.Exception], handled: {constant: {expression: 'true'}},"
                + " steps: [{setBody: {constant: " + answer + "}}]}}\n";
    }

    static String rest(String id, String path) {
        return "- rest: {id: " + id + ", path: /" + id + ", get: [{id: get-" + id + ", path: " + path
                + ", routeId: get-" + id + ", to: 'direct:hello'}]}\n";
    }
}
