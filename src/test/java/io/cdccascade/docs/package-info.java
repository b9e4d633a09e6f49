/** Tests that hold the documents to what they show and to what they name. */
package io.cdccascade.docs;
