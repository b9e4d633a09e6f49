import org.apache.camel.dsl.jbang.core.commands.CamelJBangMain;

/** The Camel CLI's main class, which its own library lacks. */
final class Camel {
    public static void main(String[] args) {
        CamelJBangMain.run(args);
    }
}
