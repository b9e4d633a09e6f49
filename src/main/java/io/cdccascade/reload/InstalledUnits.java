package io.cdccascade.reload;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The units that run, in the order of their installation. Not thread-safe. */
public final class InstalledUnits {

    private final Map<Unit.Key, InstalledUnit> units = new LinkedHashMap<>();

    void add(InstalledUnit installed) {
        units.put(installed.unit().key(), installed);
    }

    void remove(Unit.Key key) {
        units.remove(key);
    }

    boolean contains(Unit.Key key) {
        return units.containsKey(key);
    }

    /** The unit with this key, or null. */
    InstalledUnit get(Unit.Key key) {
        return units.get(key);
    }

    /** A view of all of them. */
    Collection<InstalledUnit> all() {
        return Collections.unmodifiableCollection(units.values());
    }
}
