/** What the tests share: leak checks, programs run as real JVMs, and ways to talk to children. */
package org.multiprocessing4j.support;
