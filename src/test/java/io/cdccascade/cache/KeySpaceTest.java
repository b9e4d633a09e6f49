package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class KeySpaceTest {

    private final KeySpace oneBucket = new KeySpace("cascade", 1);

    @Provide
    Arbitrary<CacheKey> keys() {
        Arbitrary<String> text = Arbitraries.of("a", ":", "%", "3A", "25", ":fence", "{", "}", "")
                .list()
                .ofMaxSize(4)
                .map(parts -> String.join("", parts));
        return Combinators.combine(text, text).as(CacheKey::new);
    }

    @Property
    void noTwoKeysShareANameAndNoEntryIsCalledLikeASidecar(
            @ForAll("keys") CacheKey one, @ForAll("keys") CacheKey other) {
        Set<String> names = new TreeSet<>(List.of(oneBucket.entry(one), oneBucket.fences(one), oneBucket.bucket(one)));
        names.addAll(List.of(oneBucket.entry(other), oneBucket.fences(other)));
        assertThat(names).hasSize(one.equals(other) ? 3 : 5);
    }

    @Property
    void everythingOfAKeyHasTheHashTagOfItsBucket(@ForAll("keys") CacheKey key) {
        KeySpace names = new KeySpace("cascade", 64);
        assertThat(names.buckets()).hasSize(64).contains(names.bucket(key));
        assertThat(names.entry(key)).startsWith(names.bucket(key) + ":");
        assertThat(names.fences(key)).startsWith(names.bucket(key) + ":");
        assertThat(names.bucket(key)).matches("cascade:\\{\\d+}");
    }

    @Example
    void anOrdinaryKeyReadsLikeItsRow() {
        assertThat(oneBucket.entry(new CacheKey("public.sinners", "14"))).isEqualTo("cascade:{0}:public.sinners:14");
        assertThat(oneBucket.fences(new CacheKey("public.sinners", "14")))
                .isEqualTo("cascade:{0}:public.sinners:14:fence");
    }

    @Example
    void settingsThatCannotHoldAreRejected() {
        assertThatIllegalArgumentException().isThrownBy(() -> CacheSettings.defaults("a{b"));
        assertThatIllegalArgumentException().isThrownBy(() -> CacheSettings.defaults(""));
        assertThatIllegalArgumentException().isThrownBy(() -> new CacheSettings("a", 0, false, 1, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new CacheSettings("a", 1, false, 2, 1, 1));
        assertThatIllegalArgumentException()
                .as("a lease may be renewed for longer than its fences live")
                .isThrownBy(() -> new CacheSettings("a", 1, false, 1, 3, 0, 2));
    }
}
