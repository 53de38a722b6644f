package main

import (
	"fmt"

	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc/eventlog"
)

const (
	eventSource    = "proxyaddr"
	eventSourceKey = `SYSTEM\CurrentControlSet\Services\EventLog\Application\` + eventSource
)

// writeEvent writes an entry, and returns what is wrong with it.
func writeEvent(id event, text string) (note string) {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, eventSourceKey, registry.QUERY_VALUE)
	if err != nil {
		note = fmt.Sprintf("the source %s is not registered, so Windows shows its entries without a text of their own; docs/schedule.md says how to register it", eventSource)
	} else {
		key.Close()
	}
	log, err := eventlog.Open(eventSource)
	if err != nil {
		return fmt.Sprintf("the event log could not be opened: %v", err)
	}
	defer log.Close()
	write := map[event]func(uint32, string) error{eventQuiet: log.Info, eventNews: log.Warning, eventIncomplete: log.Error, eventFailed: log.Error}[id]
	if err := write(uint32(id), text); err != nil {
		return fmt.Sprintf("the entry could not be written: %v", err)
	}
	return note
}
