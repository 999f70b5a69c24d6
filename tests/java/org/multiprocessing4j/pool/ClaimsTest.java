package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.RawArray;

class ClaimsTest {

    private static Claims claims() {
        return new Claims(RawArray.of(CType.LONG, Claims.STRIDE), 0);
    }

    @Test
    void aChunkBeginsOrIsTakenBack() {
        Claims claims = claims();
        assertThat(claims.claim(1)).isTrue();
        assertThat(claims.revoke(3)).isEqualTo(1);
        assertThat(claims.claim(2)).isFalse();
        assertThat(claims.claim(3)).isFalse();
        assertThat(claims.claim(4)).isTrue();
        assertThat(claims.claim(4)).as("twice").isFalse();
        assertThat(claims.begun()).isEqualTo(4);
        assertThat(claims.revoke(4)).isEqualTo(4);
    }

    @Test
    void numbersWrapAroundThoughNothingIsEverTakenBack() {
        Claims claims = claims();
        for (long number = 1; number < 3L * Integer.MAX_VALUE; number += 1 << 30) {
            assertThat(claims.claim((int) number)).as("number %d", number).isTrue();
        }
        int begun = claims.begun();
        assertThat(claims.revoke(begun + 1)).isEqualTo(begun);
        assertThat(claims.claim(begun + 1)).isFalse();
        assertThat(claims.claim(begun + 2)).isTrue();
    }
}
