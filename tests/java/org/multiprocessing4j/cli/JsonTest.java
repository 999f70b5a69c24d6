package org.multiprocessing4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    void writesEachKindOfValue() {
        assertThat(Json.write(null)).isEqualTo("null");
        assertThat(Json.write(true)).isEqualTo("true");
        assertThat(Json.write(-12)).isEqualTo("-12");
        assertThat(Json.write(0.25)).isEqualTo("0.25");
        assertThat(Json.write("text")).isEqualTo("\"text\"");
        assertThat(Json.write(List.of())).isEqualTo("[]");
        assertThat(Json.write(Map.of())).isEqualTo("{}");
    }

    @Test
    void writesNestedValuesInOrderWithOneLinePerElementOfTheOutermostArray() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("z", List.of(1, 2));
        object.put("a", Map.of("b", false));
        object.put("n", null);

        assertThat(Json.write(Arrays.asList(object, "x")))
                .isEqualTo("[{\"z\":[1,2],\"a\":{\"b\":false},\"n\":null},\n \"x\"]");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {
        "`a\"b`, `a\\\"b`",
        "`a\\b`, `a\\\\b`",
        "`a/b`, `a/b`",
        "`ö€😀`, `ö€😀`"
    })
    void escapesOnlyWhatMustBe(String text, String written) {
        assertThat(Json.write(text)).isEqualTo('"' + written + '"');
    }

    @Test
    void escapesControlCharactersAndLoneSurrogates() {
        assertThat(Json.write("a\n\r\t\u0000\u001b\u007f")).isEqualTo("\"a\\n\\r\\t\\u0000\\u001b\\u007f\"");
        assertThat(Json.write("\ud83d!")).isEqualTo("\"\\ud83d!\"");
        assertThat(Json.write("!\ude00")).isEqualTo("\"!\\ude00\"");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void refusesNumbersThatJsonDoesNotKnow(double number) {
        assertThatIllegalArgumentException().isThrownBy(() -> Json.write(number));
    }

    @Test
    void refusesOtherObjectsAndKeys() {
        assertThatIllegalArgumentException().isThrownBy(() -> Json.write(new Object())).withMessageContaining("Object");
        assertThatIllegalArgumentException().isThrownBy(() -> Json.write(Map.of(1, 2))).withMessageContaining("key");
    }
}
