package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class XidTest {

    @Property
    void anEventsXidIsWidenedBackToWhatItWasAcrossEveryWraparound(
            @ForAll @LongRange(min = 1, max = 1L << 53) long xid,
            @ForAll @LongRange(min = -(1L << 31) + 1, max = (1L << 31) - 1) long distance) {
        long near = Math.max(1, xid + distance);
        assertThat(Xid.widen(Xid.narrow(xid), near)).isEqualTo(xid);
    }

    @Property
    void aWidenedXidIsNeverNegativeAndKeepsItsLowBits(
            @ForAll @LongRange(min = 0, max = (1L << 32) - 1) long xid,
            @ForAll @LongRange(min = 1, max = 1L << 53) long near) {
        long wide = Xid.widen(xid, near);
        assertThat(wide).isNotNegative();
        assertThat(Xid.narrow(wide)).isEqualTo(xid);
    }

    @Example
    void theTransactionAfterAWraparoundIsTheNextOne() {
        assertThat(Xid.widen(0, (1L << 32) - 1)).isEqualTo(1L << 32);
        assertThat(Xid.widen((1L << 32) - 1, 1L << 32)).isEqualTo((1L << 32) - 1);
    }

    @Example
    void whatIsNotATransactionIdIsRejected() {
        for (String text :
                new String[] {"", "0", "-1", "007", "1.5", "1e9", " 1", "9007199254740993", "99999999999999999999", "٣"
                }) {
            assertThatIllegalArgumentException().as(text).isThrownBy(() -> Xid.parse(text));
        }
        assertThat(Xid.parse("4294967296")).isEqualTo(1L << 32);
    }
}
