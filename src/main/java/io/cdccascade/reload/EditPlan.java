package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Kind;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What to change so that the declared units run. A unit that is replaced is in both lists.
 *
 * @param remove units to remove, in that order: a unit comes before those that it may refer to
 * @param add    units to install, in that order: a unit comes after those that it may refer to
 */
record EditPlan(List<Unit> remove, List<Unit> add) {

    /** Replaces the units whose text differs, and those that refer to them, directly or through others. */
    static EditPlan of(InstalledUnits installed, Map<Unit.Key, Unit> declared) {
        List<Unit> running = installed.all().stream().map(InstalledUnit::unit).toList();
        Set<Unit.Key> affected = withReferrers(differences(running, installed, declared), declared);
        Comparator<Unit> order = Comparator.comparing(Unit::kind);
        return new EditPlan(
                running.stream()
                        .filter(unit -> affected.contains(unit.key()))
                        .sorted(order.reversed())
                        .toList(),
                declared.values().stream()
                        .filter(unit -> affected.contains(unit.key()))
                        .sorted(order)
                        .toList());
    }

    boolean isEmpty() {
        return remove.isEmpty() && add.isEmpty();
    }

    /** Whether it changes more than beans. */
    boolean changesModel() {
        return units().anyMatch(unit -> unit.kind() != Kind.BEAN);
    }

    /** Whether an HTTP request could depend on what it changes. */
    boolean servesRequests() {
        return units().anyMatch(Unit::servesRequests);
    }

    /** First those to add, then those to remove. */
    Stream<Unit> units() {
        return Stream.concat(add.stream(), remove.stream());
    }

    /** The beans to make. */
    List<Unit> beansToAdd() {
        return add.stream().filter(unit -> unit.kind() == Kind.BEAN).toList();
    }

    /** The beans to remove without a replacement. */
    List<Unit> beansToRemove() {
        Set<Unit.Key> added = keys(add);
        return remove.stream()
                .filter(unit -> unit.kind() == Kind.BEAN && !added.contains(unit.key()))
                .toList();
    }

    /** For the log, such as {@code replaced route read-row; added bean orders}; empty if the plan is. */
    String summary() {
        Set<Unit.Key> added = keys(add);
        Set<Unit.Key> removed = keys(remove);
        return Stream.of(
                        list("replaced", add.stream().filter(unit -> removed.contains(unit.key()))),
                        list("added", add.stream().filter(unit -> !removed.contains(unit.key()))),
                        list("removed", remove.stream().filter(unit -> !added.contains(unit.key()))))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("; "));
    }

    private static Set<Unit> differences(List<Unit> running, InstalledUnits installed, Map<Unit.Key, Unit> declared) {
        Set<Unit> differences = new HashSet<>();
        for (Unit unit : declared.values()) {
            InstalledUnit current = installed.get(unit.key());
            if (current == null || !current.unit().text().equals(unit.text())) {
                differences.add(unit);
            }
        }
        running.stream().filter(unit -> !declared.containsKey(unit.key())).forEach(differences::add);
        return differences;
    }

    private static Set<Unit.Key> withReferrers(Set<Unit> changed, Map<Unit.Key, Unit> declared) {
        Set<Unit.Key> affected = new HashSet<>();
        for (Set<Unit> causes = changed; !causes.isEmpty(); causes = referrers(causes, affected, declared)) {
            causes.forEach(unit -> affected.add(unit.key()));
        }
        return affected;
    }

    private static Set<Unit> referrers(Set<Unit> causes, Set<Unit.Key> affected, Map<Unit.Key, Unit> declared) {
        return declared.values().stream()
                .filter(unit -> !affected.contains(unit.key()))
                .filter(unit -> causes.stream().anyMatch(unit::mayReferTo))
                .collect(Collectors.toSet());
    }

    private static Set<Unit.Key> keys(List<Unit> units) {
        return units.stream().map(Unit::key).collect(Collectors.toSet());
    }

    private static String list(String verb, Stream<Unit> units) {
        String names = units.map(Unit::toString).collect(Collectors.joining(", "));
        return names.isEmpty() ? "" : verb + " " + names;
    }
}
