//! What Sillage promises, tried on the real thing: one promise a file.

mod scenarios {
    mod clickhouse_away;
    mod consent;
    mod conservation;
    mod crash;
    mod dead_letter;
    mod debug;
    mod disk_full;
    mod early;
    mod elements;
    mod failing_disk;
    mod forms;
    mod funnel;
    mod gone_in_mid_send;
    mod hidden;
    mod hostile_page;
    mod identity;
    mod import;
    mod inputs;
    mod leaving;
    mod lists;
    mod live;
    mod navigation;
    mod offline_day;
    mod own_path;
    mod pointing;
    mod probe;
    mod storage_denied;
    mod strict_page;
    mod tidemark;
    mod ways_out;
}
