/** What the tests on real servers share: the whole system in this process, and as a process that can be killed. */
package io.cdccascade.support;
