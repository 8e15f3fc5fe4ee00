package cli

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/procfs"
)

// What a process tells of itself, under the names that every Go program has.
var (
	processCPU     = prometheus.NewDesc("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", nil, nil)
	processVirtual = prometheus.NewDesc("process_virtual_memory_bytes", "Virtual memory size in bytes.", nil, nil)
	processMemory  = prometheus.NewDesc("process_resident_memory_bytes", "Resident memory size in bytes.", nil, nil)
	processFiles   = prometheus.NewDesc("process_open_fds", "Number of open file descriptors.", nil, nil)
	processStart   = prometheus.NewDesc("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", nil, nil)
	processMost    = prometheus.NewDesc("process_max_fds", "Maximum number of open file descriptors.", nil, nil)
	processRoom    = prometheus.NewDesc("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.", nil, nil)
)

// A processCollector is [collectors.NewProcessCollector] without the bytes of the
// network, which are the machine's and not the process's: to find them in all that
// the system counts of it took half of a scrape. What does not change is read once.
type processCollector struct {
	proc   procfs.Proc
	always []prometheus.Metric
}

// newProcessCollector returns the collector of this process.
func newProcessCollector() prometheus.Collector {
	c, err := readProcess()
	if err != nil { // there is no /proc
		return collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})
	}
	return c
}

func readProcess() (*processCollector, error) {
	proc, err := procfs.Self()
	if err != nil {
		return nil, err
	}
	stat, err := proc.Stat()
	if err != nil {
		return nil, err
	}
	start, err := stat.StartTime()
	if err != nil {
		return nil, err
	}
	limits, err := proc.Limits()
	if err != nil {
		return nil, err
	}
	return &processCollector{proc, []prometheus.Metric{
		prometheus.MustNewConstMetric(processStart, prometheus.GaugeValue, start),
		prometheus.MustNewConstMetric(processMost, prometheus.GaugeValue, float64(limits.OpenFiles)),
		prometheus.MustNewConstMetric(processRoom, prometheus.GaugeValue, float64(limits.AddressSpace)),
	}}, nil
}

// Describe sends what there may be.
func (c *processCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{processCPU, processVirtual, processMemory, processFiles, processStart, processMost, processRoom} {
		to <- d
	}
}

// Collect sends what there is. What cannot be read is left out.
func (c *processCollector) Collect(to chan<- prometheus.Metric) {
	for _, m := range c.always {
		to <- m
	}
	if stat, err := c.proc.Stat(); err == nil {
		to <- prometheus.MustNewConstMetric(processCPU, prometheus.CounterValue, stat.CPUTime())
		to <- prometheus.MustNewConstMetric(processVirtual, prometheus.GaugeValue, float64(stat.VirtualMemory()))
		to <- prometheus.MustNewConstMetric(processMemory, prometheus.GaugeValue, float64(stat.ResidentMemory()))
	}
	if files, err := c.proc.FileDescriptorsLen(); err == nil {
		to <- prometheus.MustNewConstMetric(processFiles, prometheus.GaugeValue, float64(files))
	}
}
