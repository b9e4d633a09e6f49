/** Entries that are loaded although nobody has asked for them: those that a change touches, and those of a warm table. */
package io.cdccascade.refresh;
