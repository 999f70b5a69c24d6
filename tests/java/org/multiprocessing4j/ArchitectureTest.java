package org.multiprocessing4j;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.accessClassesThat;
import static com.tngtech.archunit.lang.conditions.ArchConditions.beAssignableTo;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.members;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The layers, and who may know whom. */
class ArchitectureTest {

    private static final String ROOT = "org.multiprocessing4j";
    private static final String BINDINGS = ROOT + ".bindings";

    /** Used only where its library is there. */
    private static final String OPTIONAL = "ProgressOnTerminal";

    private static final JavaClasses CLASSES =
            new ClassFileImporter().importUrl(Process.class.getProtectionDomain().getCodeSource().getLocation());

    @Test
    void thereIsSomethingToCheck() {
        assertThat(CLASSES.contain(Process.class)).isTrue();
        assertThat(CLASSES.contain(ArchitectureTest.class)).isFalse();
    }

    @Test
    void thePublicInterfaceKnowsNothingOfTheBindings() {
        members().that().areDeclaredInClassesThat().resideOutsideOfPackages(BINDINGS + "..", ROOT + ".cli..")
                .and().areDeclaredInClassesThat().arePublic()
                .and().doNotHaveModifier(JavaModifier.PRIVATE).and().doNotHaveModifier(JavaModifier.SYNTHETIC)
                .should(mentionNothingOf(BINDINGS, "org.bytedeco"))
                .check(CLASSES);
    }

    @Test
    void nothingPublicDescendsFromTheBindings() {
        noClasses().that().resideOutsideOfPackage(BINDINGS).and().arePublic()
                .should(beAssignableTo(resideInAPackage(BINDINGS)))
                .check(CLASSES);
    }

    private static ArchCondition<JavaMember> mentionNothingOf(String... packages) {
        return new ArchCondition<>("mention nothing of " + String.join(", ", packages)) {
            @Override
            public void check(JavaMember member, ConditionEvents events) {
                boolean visible = member.getModifiers().contains(JavaModifier.PUBLIC)
                        || member.getModifiers().contains(JavaModifier.PROTECTED);
                mentioned(member).filter(type -> visible)
                        .filter(type -> Stream.of(packages).anyMatch(type.getPackageName()::startsWith))
                        .forEach(type -> events.add(SimpleConditionEvent.violated(
                                member, member.getFullName() + " mentions " + type.getName())));
            }
        };
    }

    private static Stream<JavaClass> mentioned(JavaMember member) {
        if (member instanceof JavaField field) {
            return field.getType().getAllInvolvedRawTypes().stream();
        }
        JavaCodeUnit code = (JavaCodeUnit) member;
        return Stream.of(
                        code.getReturnType().getAllInvolvedRawTypes().stream(),
                        code.getParameterTypes().stream().flatMap(type -> type.getAllInvolvedRawTypes().stream()),
                        code.getExceptionTypes().stream())
                .flatMap(types -> types);
    }

    @Test
    void theBindingsKnowNothingAboveThem() {
        classes().that().resideInAPackage(BINDINGS)
                .should().onlyDependOnClassesThat(resideInAnyPackage(BINDINGS, "java..", "org.bytedeco.."))
                .check(CLASSES);
    }

    @Test
    void thePrimitivesStandOnTheBindingsAlone() {
        classes().that().resideInAPackage(ROOT + ".posix")
                .should().onlyDependOnClassesThat(resideInAnyPackage(ROOT + ".posix", BINDINGS, "java.."))
                .check(CLASSES);
    }

    @Test
    void onlyTheBindingsAreMadeWithJavaCpp() {
        noClasses().that().resideOutsideOfPackage(BINDINGS)
                .should().dependOnClassesThat().resideInAPackage("org.bytedeco..")
                .check(CLASSES);
    }

    /** Not at run time: all that may be there of it are annotations. The class with the build's configuration is. */
    @Test
    void javaCppIsNotNeededToRun() {
        noClasses().that().haveSimpleNameNotEndingWith("Config")
                .should(accessClassesThat(resideInAPackage("org.bytedeco..")))
                .orShould(beAssignableTo(resideInAPackage("org.bytedeco..")))
                .check(CLASSES);
    }

    @Test
    void nobodyKnowsTheCommandLine() {
        noClasses().that().resideOutsideOfPackage(ROOT + ".cli..").and().doNotHaveSimpleName(OPTIONAL)
                .should().dependOnClassesThat().resideInAnyPackage(ROOT + ".cli..", "picocli..", "me.tongfei..")
                .check(CLASSES);
    }

    @Test
    void theLibraryStandsOnTheJdkAlone() {
        classes().that().resideOutsideOfPackages(ROOT + ".cli..", BINDINGS).and().doNotHaveSimpleName(OPTIONAL)
                .should().onlyDependOnClassesThat(
                        resideInAnyPackage(
                                "java..", ROOT, ROOT + ".connection", ROOT + ".pool", ROOT + ".posix",
                                ROOT + ".util", BINDINGS)
                                .and(resideOutsideOfPackage("java.awt..")))
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void nobodySleepsWhereAConditionCanBeAwaited() {
        noClasses().that().resideOutsideOfPackage(ROOT + ".cli..")
                .should().callMethod(Thread.class, "sleep", long.class)
                .check(CLASSES);
    }

    @Test
    void theModuleExportsThePackagesOfTheInterface() throws IOException {
        String module = Files.readString(home().resolve("src/main/java/module-info.java"));
        assertThat(Pattern.compile("exports ([\\w.]+)").matcher(module).results().map(match -> match.group(1)))
                .containsExactlyInAnyOrder(ROOT, ROOT + ".connection", ROOT + ".pool", ROOT + ".posix");
    }

    @Test
    void noExceptionIsSwallowedSilently() throws IOException {
        Pattern empty = Pattern.compile("catch \\([^)]*\\) \\{\\s*}");
        for (String root : Set.of("src/main/java", "tests/java", "src/examples/java", "src/bench/java")) {
            try (Stream<Path> files = Files.walk(home().resolve(root))) {
                assertThat(files.filter(file -> file.toString().endsWith(".java")))
                        .as(root).isNotEmpty()
                        .allSatisfy(file -> assertThat(Files.readString(file)).as(file.toString())
                                .doesNotContainPattern(empty));
            }
        }
    }

    private static Path home() {
        return Path.of(System.getProperty("mp4j.home", "."));
    }
}
