package io.cdccascade;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayList;
import java.util.List;

/** Which package may depend on which. */
@AnalyzeClasses(packages = "io.cdccascade", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {

    @ArchTest
    static final ArchRule the_cache_is_the_protocol_alone = only("cache").because("it is the protocol, without routes");

    @ArchTest
    static final ArchRule the_cache_knows_neither_Camel_nor_Vertx = noClasses()
            .that()
            .resideInAPackage("io.cdccascade.cache..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.camel..", "io.vertx..");

    @ArchTest
    static final ArchRule a_table_knows_the_cache = only("table", "cache");

    @ArchTest
    static final ArchRule the_edge_knows_tables_and_the_cache = only("http", "table", "cache");

    @ArchTest
    static final ArchRule invalidation_knows_tables_and_the_cache = only("invalidation", "table", "cache");

    @ArchTest
    static final ArchRule loading_unasked_knows_the_edges_lists_and_bulkheads =
            only("refresh", "http", "table", "cache");

    @ArchTest
    static final ArchRule capture_knows_tables_and_the_cache = only("capture", "table", "cache");

    @ArchTest
    static final ArchRule live_editing_knows_tables_and_the_cache = only("reload", "table", "cache");

    @ArchTest
    static final ArchRule the_component_is_what_routes_call =
            only("component", "http", "invalidation", "refresh", "table", "cache");

    @ArchTest
    static final ArchRule the_doctor_knows_what_he_examines =
            only("doctor", "invalidation", "capture", "table", "cache");

    @ArchTest
    static final ArchRule the_embedded_servers_are_left_out_in_production = noClasses()
            .that()
            .resideOutsideOfPackage("io.cdccascade.dev..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.cdccascade.dev..");

    @ArchTest
    static final ArchRule no_package_depends_on_itself_through_others =
            slices().matching("io.cdccascade.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule the_Camel_CLI_can_make_an_object_of_every_class_that_it_tries = classes()
            .should(new ArchCondition<JavaClass>("be public if its constructor takes nothing and is not private") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                    boolean tried = !type.isInterface()
                            && !type.isAnonymousClass()
                            && !type.getModifiers().contains(JavaModifier.ABSTRACT)
                            && !type.getModifiers().contains(JavaModifier.PRIVATE)
                            && type.getConstructors().stream()
                                    .anyMatch(constructor -> constructor
                                                    .getRawParameterTypes()
                                                    .isEmpty()
                                            && !constructor.getModifiers().contains(JavaModifier.PRIVATE));
                    if (tried && !type.getModifiers().contains(JavaModifier.PUBLIC)) {
                        events.add(SimpleConditionEvent.violated(type, type.getName() + " is not public"));
                    }
                }
            });

    /** A package depends on no other of this project than those named. */
    private static ArchRule only(String of, String... others) {
        List<String> allowed = new ArrayList<>(List.of(others));
        allowed.add(of);
        return noClasses()
                .that()
                .resideInAPackage("io.cdccascade." + of + "..")
                .should()
                .dependOnClassesThat(new DescribedPredicate<JavaClass>("are in another package than %s", allowed) {
                    @Override
                    public boolean test(JavaClass target) {
                        return target.getPackageName().startsWith("io.cdccascade")
                                && allowed.stream()
                                        .noneMatch(name -> (target.getPackageName() + ".")
                                                .startsWith("io.cdccascade." + name + "."));
                    }
                });
    }
}
