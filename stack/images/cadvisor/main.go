// cAdvisor as a program, for machines that can have it as a library only.
//
// It takes those flags of cAdvisor's own that stack/compose.yaml sets, and serves /metrics, with its
// parameter max_age, and /healthz on port 8080.
package main

import (
	"flag"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/google/cadvisor/cache/memory"
	"github.com/google/cadvisor/container"
	// Each registers itself: what a container is, and what its files lie on.
	_ "github.com/google/cadvisor/container/docker/install"
	_ "github.com/google/cadvisor/fs/overlay/install"
	_ "github.com/google/cadvisor/fs/vfs/install"
	info "github.com/google/cadvisor/info/v2"
	"github.com/google/cadvisor/manager"
	"github.com/google/cadvisor/metrics"
	"github.com/google/cadvisor/utils/sysfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/utils/clock"
)

const (
	address         = ":8080"
	kept            = 2 * time.Minute
	answerWithin    = 10 * time.Second
	dockerCgroups   = "/docker"
	noPerfEvents    = ""
	resctrlInterval = 0
)

func main() {
	included := container.MetricSet{}
	flag.Var(&included, "enable_metrics", "comma-separated kinds of metrics")
	storeLabels := flag.Bool("store_container_labels", true, "export the containers' labels")
	listed := flag.String("whitelisted_container_labels", "", "comma-separated labels to export")
	flag.Parse()

	containers, err := manager.New(
		memory.New(kept, nil),
		sysfs.NewRealSysFs(),
		manager.HousekeepingConfigFlags,
		included,
		http.DefaultClient,
		[]string{dockerCgroups},
		nil,
		noPerfEvents,
		resctrlInterval,
	)
	if err != nil {
		log.Fatalf("cannot read the containers of this host: %v", err)
	}
	if err := containers.Start(); err != nil {
		log.Fatalf("cannot watch the containers of this host: %v", err)
	}
	var labels metrics.ContainerLabelsFunc = metrics.DefaultContainerLabels
	if !*storeLabels {
		labels = metrics.BaseContainerLabels(strings.Split(*listed, ","))
	}
	machine := metrics.NewPrometheusMachineCollector(containers, included)
	http.HandleFunc("/metrics", func(answer http.ResponseWriter, request *http.Request) {
		options := info.RequestOptions{IdType: info.TypeName, Count: 1, Recursive: true}
		if asked := request.URL.Query().Get("max_age"); asked != "" {
			maxAge, err := time.ParseDuration(asked)
			if err != nil {
				http.Error(answer, err.Error(), http.StatusBadRequest)
				return
			}
			options.MaxAge = &maxAge
		}
		registry := prometheus.NewRegistry()
		registry.MustRegister(
			metrics.NewPrometheusCollector(
				containers, labels, included, clock.RealClock{}, options,
			),
			machine,
		)
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, request)
	})
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
		_, _ = answer.Write([]byte("ok"))
	})
	server := &http.Server{Addr: address, ReadHeaderTimeout: answerWithin}
	log.Fatal(server.ListenAndServe())
}
