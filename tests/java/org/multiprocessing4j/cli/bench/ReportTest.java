package org.multiprocessing4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.cli.Json;

class ReportTest {
    private static final Result ALL = new Result(
            new Figure("lock.plain", Unit.NANOSECONDS, Target.atMost(0.5, Role.PYTHON), Target.atMost(3, Role.LIMIT)),
            Map.of(
                    Role.JAVA, new Summary(40, 38, 50),
                    Role.PYTHON, new Summary(160, 152, 168),
                    Role.LIMIT, new Summary(10, 10, 11)));
    private static final Result JAVA_ALONE = new Result(
            new Figure("value.alloc", Unit.BYTES, Target.atMost(0.01)), Map.of(Role.JAVA, new Summary(0, 0, 0)));

    @Test
    void jsonHasMediansAndExtremesAndNullsForAbsentPeers() {
        assertThat(Json.write(Report.objects(List.of(ALL, JAVA_ALONE))).replace("\n", "")).isEqualTo("["
                + "{\"group\":\"lock\",\"figure\":\"lock.plain\",\"unit\":\"ns\","
                + "\"java\":40.0,\"python\":160.0,\"limit\":10.0,\"java_min\":38.0,\"java_max\":50.0,"
                + "\"python_min\":152.0,\"python_max\":168.0,\"limit_min\":10.0,\"limit_max\":11.0}, "
                + "{\"group\":\"value\",\"figure\":\"value.alloc\",\"unit\":\"B\","
                + "\"java\":0.0,\"python\":null,\"limit\":null,\"java_min\":0.0,\"java_max\":0.0,"
                + "\"python_min\":null,\"python_max\":null,\"limit_min\":null,\"limit_max\":null}]");
    }

    @Test
    void tableHasRatiosSpreadAndVerdicts() {
        List<String> lines = Report.table(List.of(ALL, JAVA_ALONE));

        assertThat(lines).extracting(line -> line.replaceAll(" +", " ")).containsExactly(
                "figure unit java python limit java/python java/limit spread j/p/l target",
                "lock.plain ns 40.0 160 10.0 0.25 4.00 30/10/10 % <= 1/2 python met, <= 3 limit MISSED",
                "value.alloc B 0.00 - - - - 0/-/- % <= 0.01 B met");
    }

    @Test
    void tableIsAligned() {
        List<String> lines = Report.table(List.of(ALL, JAVA_ALONE));

        int target = lines.get(0).indexOf("target");
        assertThat(lines.subList(1, 3)).allSatisfy(line -> assertThat(line.indexOf("<=")).isEqualTo(target));
    }
}
