/**
 * The cached tables. {@link io.cdccascade.table.CachedTable} is what a file says, {@link io.cdccascade.table.Table}
 * what PostgreSQL's catalog says, {@link io.cdccascade.table.ServedTable} both together. {@link
 * io.cdccascade.table.TableFollower} keeps them in agreement; the other packages ask {@link
 * io.cdccascade.table.TableRegistry}.
 */
package io.cdccascade.table;
