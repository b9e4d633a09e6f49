/** Tests of live editing. */
package io.cdccascade.reload;
