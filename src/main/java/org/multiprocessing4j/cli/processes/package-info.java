/** What the command line knows of the processes that it starts: who they are, where they hang, how all of them end. */
package org.multiprocessing4j.cli.processes;
