/** What the cache promises, proved on the whole system: the shipped routes on real servers. */
package io.cdccascade.consistency;
