/** What a snippet sends, and where to. */
export interface Sample {
  host: string
  writeKey: string
  event: string
  userId: string
  /** Of a cloud source: its slug, which every call names. */
  integration?: string
}

/** The message of a sample, as the tracking API takes it. */
export function message({ event, userId, integration }: Sample) {
  return {
    userId,
    event,
    properties: { plan: 'pro' },
    ...(integration ? { context: { integration: { name: integration, version: '1.0.0' } } } : {}),
  }
}

const json = (value: unknown, indent: string) =>
  JSON.stringify(value, null, 2).split('\n').join(`\n${indent}`)

/** A first event in each language, ready to be run. */
export const SNIPPETS: { id: string; label: string; install?: string; code: (sample: Sample) => string }[] = [
  {
    id: 'curl',
    label: 'cURL',
    code: (sample) =>
      `curl ${sample.host}/v1/track \\
  -u '${sample.writeKey}:' \\
  -H 'Content-Type: application/json' \\
  -d '${JSON.stringify(message(sample))}'`,
  },
  {
    id: 'node',
    label: 'Node',
    install: 'npm install @segment/analytics-node',
    code: (sample) =>
      `import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({
  writeKey: '${sample.writeKey}',
  host: '${sample.host}',
})
analytics.track(${json(message(sample), '')})
await analytics.closeAndFlush()`,
  },
  {
    id: 'browser',
    label: 'Browser',
    install: 'npm install @segment/analytics-next',
    code: (sample) => {
      const { context } = message(sample) as { context?: object }
      return `import { AnalyticsBrowser } from '@segment/analytics-next'

const analytics = AnalyticsBrowser.load({
  writeKey: '${sample.writeKey}',
  cdnURL: '${sample.host}',
})
analytics.identify('${sample.userId}')
analytics.track('${sample.event}', { plan: 'pro' }${context ? `, { context: ${JSON.stringify(context)} }` : ''})`
    },
  },
  {
    id: 'python',
    label: 'Python',
    install: 'pip install segment-analytics-python',
    code: (sample) => {
      const { context } = message(sample) as { context?: object }
      return `import segment.analytics as analytics

analytics.write_key = '${sample.writeKey}'
analytics.host = '${sample.host}'
analytics.track('${sample.userId}', '${sample.event}', {'plan': 'pro'}${context ? `, context=${JSON.stringify(context)}` : ''})
analytics.flush()`
    },
  },
  {
    id: 'go',
    label: 'Go',
    install: 'go get github.com/segmentio/analytics-go/v3',
    code: (sample) =>
      `package main

import "github.com/segmentio/analytics-go/v3"

func main() {
	client, err := analytics.NewWithConfig("${sample.writeKey}", analytics.Config{
		Endpoint: "${sample.host}",
	})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	client.Enqueue(analytics.Track{
		UserId:     "${sample.userId}",
		Event:      "${sample.event}",
		Properties: analytics.NewProperties().Set("plan", "pro"),${
      sample.integration
        ? `
		Context: &analytics.Context{Extra: map[string]interface{}{
			"integration": map[string]string{"name": "${sample.integration}", "version": "1.0.0"},
		}},`
        : ''
    }
	})
}`,
  },
  {
    id: 'rust',
    label: 'Rust',
    install: 'cargo add segment serde_json && cargo add tokio -F full',
    code: (sample) => {
      const { context } = message(sample) as { context?: object }
      return `use segment::{Client, HttpClient, message::{Track, User}};
use serde_json::json;

#[tokio::main]
async fn main() -> segment::Result<()> {
    let client = HttpClient::new(Default::default(), "${sample.host}".into());
    let track = Track {
        user: User::UserId { user_id: "${sample.userId}".into() },
        event: "${sample.event}".into(),
        properties: json!({"plan": "pro"}),${
          context
            ? `
        context: Some(json!(${JSON.stringify(context)})),`
            : ''
        }
        ..Default::default()
    };
    client.send("${sample.writeKey}".into(), track.into()).await
}`
    },
  },
]
