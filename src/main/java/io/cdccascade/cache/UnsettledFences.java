package io.cdccascade.cache;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Changes that were applied before PostgreSQL had shown them to be over, so that Redis has to remember their fences. Once they
 * are over, they are applied once more, which is harmless and removes the fences. What is not remembered here lives in Redis for
 * {@link CacheSettings#fenceMillis()}.
 *
 * <p>Not for use by several threads.
 */
public final class UnsettledFences {

    private final int limit;
    private final Set<Fence> fences = new LinkedHashSet<>();

    /** @param limit how many are remembered; beyond that, the oldest are not */
    public UnsettledFences(int limit) {
        this.limit = limit;
    }

    /**
     * What to apply together with new changes.
     *
     * @param seen where the primary stood, or null if that is not known
     * @return the new changes, and those remembered that are over by now
     */
    public List<Fence> with(Collection<Fence> changes, ReadPoint seen) {
        List<Fence> all = new ArrayList<>(changes);
        if (seen != null) {
            fences.stream().filter(fence -> seen.sees(fence.change())).forEach(all::add);
        }
        return all;
    }

    /** These were applied: remembers those that are not known to be over, and no others of them. */
    public void applied(Collection<Fence> changes, ReadPoint seen) {
        for (Fence fence : changes) {
            fences.remove(fence);
            if (seen == null || !seen.sees(fence.change())) {
                fences.add(fence);
            }
        }
        Iterator<Fence> oldest = fences.iterator();
        while (fences.size() > limit) {
            oldest.next();
            oldest.remove();
        }
    }
}
