/**
 * Edits of the route files take effect while the system runs, and nobody is harmed by it.
 *
 * <p>A file is read into {@linkplain io.cdccascade.reload.Unit units}: its routes, beans, templates and so on. Only the
 * units that an edit has changed, and those that mention them, are replaced, behind a {@linkplain
 * io.cdccascade.reload.Gate gate} where new HTTP requests wait. What fails is rolled back.
 */
package io.cdccascade.reload;
