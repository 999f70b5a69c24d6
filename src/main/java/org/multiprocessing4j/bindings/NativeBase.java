package org.multiprocessing4j.bindings;

import org.bytedeco.javacpp.annotation.Properties;

/**
 * What the generated class {@code Native} extends: without it that would be its configuration, and JavaCPP's classes
 * would be needed at run time (annotations that are not there are passed over).
 */
@Properties(inherit = NativeConfig.class)
class NativeBase {

    NativeBase() {}
}
