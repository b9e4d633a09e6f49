/**
 * Examines PostgreSQL, Kafka, Redis and the table files as somebody with experience would, and says what each finding means
 * and what fixes it: {@code scripts/doctor}, and the health check {@code doctor}. It only reads.
 */
package io.cdccascade.doctor;
