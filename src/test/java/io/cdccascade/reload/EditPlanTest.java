package io.cdccascade.reload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What has to be replaced, computed from the texts alone. */
class EditPlanTest {

    private static final String BEAN = RouteYaml.greeter("hi");
    private static final String ROUTE = RouteYaml.GREET;

    private final InstalledUnits installed = new InstalledUnits();

    @Test
    void theSameContentInAnotherLayoutChangesNothing() throws Exception {
        run(BEAN + ROUTE);

        assertThat(plan("# moved\n" + ROUTE + "\n" + BEAN).isEmpty()).isTrue();
    }

    @Test
    void aReferrerIsReplacedToo() throws Exception {
        run(BEAN + ROUTE + RouteYaml.HELLO);

        EditPlan plan = plan(RouteYaml.greeter("good morning") + ROUTE + RouteYaml.HELLO);

        assertThat(plan.summary()).isEqualTo("replaced bean greeter, route greet");
    }

    @Test
    void aReferrerOfAReferrerIsReplacedToo() throws Exception {
        String wrapper = "- beans: [{name: wrapper, type: x.Wrapper, constructors: {0: '#bean:greeter'}}]\n";
        String route = "- route: {id: wrapped, from: {uri: 'direct:wrapped', steps: [{bean: {ref: wrapper}}]}}\n";
        run(BEAN + wrapper + route);

        EditPlan plan = plan(RouteYaml.greeter("good morning") + wrapper + route);

        assertThat(plan.summary()).isEqualTo("replaced bean greeter, bean wrapper, route wrapped");
    }

    @Test
    void aUnitIsRemovedBeforeAndAddedAfterThoseThatItRefersTo() throws Exception {
        run(ROUTE + BEAN);

        EditPlan plan = plan(ROUTE + RouteYaml.greeter("good morning"));

        assertThat(plan.remove()).extracting(Unit::toString).containsExactly("route greet", "bean greeter");
        assertThat(plan.add()).extracting(Unit::toString).containsExactly("bean greeter", "route greet");
        assertThat(plan.beansToRemove()).isEmpty();
    }

    @Test
    void whatIsAddedReplacedAndRemovedIsSummedUp() throws Exception {
        run(BEAN + RouteYaml.HELLO);

        EditPlan plan = plan(RouteYaml.route("hello", "good day") + RouteYaml.route("more", "more"));

        assertThat(plan.summary()).isEqualTo("replaced route hello; added route more; removed bean greeter");
        assertThat(plan.beansToRemove()).extracting(Unit::name).containsExactly("greeter");
    }

    @Test
    void onlyARouteThatRequestsCannotReachServesNoRequest() throws Exception {
        assertThat(plan("- route: {id: tick, from: {uri: 'timer:tick', steps: []}}\n")
                        .servesRequests())
                .isFalse();
        assertThat(plan(RouteYaml.HELLO).servesRequests()).isTrue();
    }

    private void run(String text) throws Exception {
        units(text).values().forEach(unit -> installed.add(new InstalledUnit(unit, ModelDefinitions.NONE)));
    }

    private EditPlan plan(String text) throws Exception {
        return EditPlan.of(installed, units(text));
    }

    private Map<Unit.Key, Unit> units(String text) throws Exception {
        return DeclaredUnits.of(List.of(SourceFile.parse("file:test.camel.yaml", text)))
                .byKey(installed);
    }
}
