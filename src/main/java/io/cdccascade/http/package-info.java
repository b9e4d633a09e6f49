/** The HTTP side: requests checked before they cost anything, answers with their cache headers, problem documents. */
package io.cdccascade.http;
