/** The benchmarks that {@code scripts/bench} runs: they print what they saw and assert nothing. */
package io.cdccascade.bench;
