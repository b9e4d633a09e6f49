package io.cdccascade.reload;

/**
 * A unit that runs.
 *
 * @param definitions what Camel's model holds because of it; none for a bean
 */
record InstalledUnit(Unit unit, ModelDefinitions definitions) {}
