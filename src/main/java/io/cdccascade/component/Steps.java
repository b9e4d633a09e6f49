package io.cdccascade.component;

import io.cdccascade.cache.AppliedChanges;
import io.cdccascade.cache.CacheInvalidator;
import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.KnownPrimary;
import io.cdccascade.http.Bulkheads;
import io.cdccascade.http.OpenApiDocument;
import io.cdccascade.http.PostgresProblems;
import io.cdccascade.http.ReadRequests;
import io.cdccascade.http.RunningRoutes;
import io.cdccascade.http.WriteRequests;
import io.cdccascade.invalidation.ChangeBatchReader;
import io.cdccascade.invalidation.ChangeTopics;
import io.cdccascade.invalidation.EarlyFences;
import io.cdccascade.invalidation.InvalidationFailures;
import io.cdccascade.invalidation.Watermark;
import io.cdccascade.refresh.EntryLoader;
import io.cdccascade.table.Loader;
import io.cdccascade.table.TableRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.concurrent.EventExecutor;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Processor;
import org.apache.camel.support.AsyncProcessorConverterHelper;

/** All steps of {@code cascade:}, by name. */
public final class Steps {

    private final Map<String, AsyncProcessor> steps = new TreeMap<>();

    /** The steps of reads and writes over HTTP. */
    public Steps http(
            TableRegistry tables,
            ReadRequests reads,
            WriteRequests writes,
            RunningRoutes routes,
            CacheReader cache,
            long readTimeoutMillis,
            Loader loader,
            PostgresProblems problems,
            OpenApiDocument document,
            Watermark watermark,
            EventExecutor loop,
            Bulkheads bulkheads) {
        steps.put("serve", new ServeStep(tables, reads, routes));
        steps.put("lookup", new LookupStep(cache));
        steps.put("load", new LoadStep(loader, bulkheads, cache, problems));
        steps.put("fill", new FillStep(cache, readTimeoutMillis));
        add("answer", new AnswerStep());
        steps.put("check", new OnBulkhead(new CheckStep(writes), loop, bulkheads));
        add("find-created", new FindCreatedStep());
        steps.put("fence-write", new FenceWriteStep(cache));
        steps.put("wait", new WaitStep(watermark, loop));
        steps.put("explain", new ExplainStep(problems, loop, bulkheads));
        add("problem", new ProblemStep(cache));
        steps.put("describe", new OnBulkhead(new DescribeStep(document), loop, bulkheads));
        return this;
    }

    /**
     * The steps of invalidation.
     *
     * @param topics  which tables' changes a topic holds
     * @param tables  what is cached
     * @param cache   through a client that waits for Redis
     * @param primary asks where PostgreSQL stands
     * @param applied what Redis remembers as applied
     * @param failures remembers why the last batch failed
     * @param entries  loads entries of tables with {@code onChange: refresh} again
     * @param refreshMillis how long changes wait for that at the most
     */
    public Steps invalidation(
            ChangeTopics topics,
            TableRegistry tables,
            CacheInvalidator cache,
            KnownPrimary primary,
            AppliedChanges applied,
            InvalidationFailures failures,
            EntryLoader entries,
            long refreshMillis) {
        add("read-changes", new ReadChangesStep(new ChangeBatchReader(topics, tables)));
        add("forget", failures.of(new ForgetStep(cache)));
        add("refresh", new RefreshStep(tables, entries, refreshMillis));
        add("fence", failures.of(new FenceStep(cache, primary::ask)));
        add("dead-letters", new DeadLettersStep());
        add("commit", failures.of(new CommitStep(applied::next)));
        return this;
    }

    /**
     * The step of capture that touches the cache.
     *
     * @param tables what is cached
     * @param cache  through the readers' connection, which nobody waits for
     * @param meters where early fences are counted
     */
    public Steps capture(TableRegistry tables, CacheReader cache, MeterRegistry meters) {
        add("fence-early", new FenceEarlyStep(new EarlyFences(tables::known), cache::fence, meters));
        return this;
    }

    private void add(String name, Processor step) {
        steps.put(name, AsyncProcessorConverterHelper.convert(step));
    }

    /** The steps by their names. */
    public Map<String, AsyncProcessor> byName() {
        return steps;
    }
}
