/** What the packages of the library share and nobody else sees. Mirrors CPython's {@code util}. */
package org.multiprocessing4j.util;
