package io.cdccascade.table;

/**
 * A {@link CachedTable} bean and where it came from.
 *
 * @param bean    the bean's name, unique among all files
 * @param table   what the file says
 * @param place   the file's name, or {@code bean <name>} for a bean that came from no file
 * @param problem what is wrong with it before the catalog is asked, with the remedy; null if nothing is
 */
record TableFile(String bean, CachedTable table, String place, String problem) {}
