/**
 * Live editing: edits of the route files take effect while the system runs, without failing a request.
 *
 * <p>The way of an edit: {@link io.cdccascade.reload.LiveRoutes} scans the {@linkplain io.cdccascade.reload.RouteFiles
 * files}. Each {@linkplain io.cdccascade.reload.SourceFile file} is split into {@linkplain io.cdccascade.reload.Unit
 * units}: its routes, beans, templates and so on. {@link io.cdccascade.reload.RunningFiles} finds the files that changed
 * and hands them to {@link io.cdccascade.reload.EditApplier}. It computes an {@linkplain io.cdccascade.reload.EditPlan
 * plan} of the units to replace, {@linkplain io.cdccascade.reload.EditCheck checks} it, closes the {@linkplain
 * io.cdccascade.reload.Gate gate} to new HTTP requests, {@linkplain io.cdccascade.reload.RouteStopper stops} the old
 * routes and {@linkplain io.cdccascade.reload.ModelInstaller installs} the new units.
 *
 * <p>What fails is rolled back and reported: the reason is a {@link io.cdccascade.reload.RejectedEditException}, and
 * {@link io.cdccascade.reload.RejectedEdits} shows it as a health check until it is fixed.
 */
package io.cdccascade.reload;
