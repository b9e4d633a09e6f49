package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The units that a set of files declares.
 *
 * @param units in the files' order; REST definitions as one unit, after all others
 */
record DeclaredUnits(List<Unit> units) {

    static DeclaredUnits of(Collection<SourceFile> files) {
        Map<Boolean, List<Unit>> byRest = files.stream()
                .flatMap(file -> file.units().stream())
                .collect(Collectors.partitioningBy(unit -> unit.kind() == Kind.REST));
        List<Unit> units = new ArrayList<>(byRest.get(false));
        if (!byRest.get(true).isEmpty()) {
            units.add(Unit.rest(byRest.get(true)));
        }
        return new DeclaredUnits(units);
    }

    /**
     * The units by key.
     *
     * @param installed decides which of two units with the same key is the duplicate: the one that does not run yet
     * @throws RejectedEditException if two units have the same key
     */
    Map<Unit.Key, Unit> byKey(InstalledUnits installed) throws RejectedEditException {
        Map<Unit.Key, Unit> byKey = new LinkedHashMap<>();
        for (Unit unit : units) {
            Unit other = byKey.put(unit.key(), unit);
            if (other != null) {
                boolean unitRuns = runs(unit, installed);
                Unit duplicate = unitRuns ? other : unit;
                Fragment original = (unitRuns ? unit : other).fragment();
                throw RejectedEditException.of(
                        duplicate,
                        "already defined in " + SourceFile.path(original.location()) + ":" + original.line());
            }
        }
        return byKey;
    }

    private static boolean runs(Unit unit, InstalledUnits installed) {
        InstalledUnit running = installed.get(unit.key());
        return running != null
                && running.unit().fragment().location().equals(unit.fragment().location());
    }
}
