import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { api, type Fault, inWorkspace, read, type Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Actions, Form, Summary, TextArea } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Body, Columns, Empty, Muted, Panel, Section, useTitle } from '../../../kit/page'
import { messagesOf } from './messages'
import css from './plans.module.css'
import { ActionBadge } from './sources'

const SAMPLE = `{
  "type": "track",
  "event": "Order Completed",
  "userId": "user_1",
  "properties": { "order_id": "o-1", "total": "12.50" }
}`

/** Messages are pasted, and the plan says what it thinks of each; nothing is sent. */
export function TryPlan() {
  const { ws, plan } = getRouteApi('/w/$ws/tracking-plans/$plan/try').useParams()
  const [text, setText] = useState(SAMPLE)
  const [problem, setProblem] = useState<string>()
  const [faults, setFaults] = useState<Fault[]>([])
  const [found, setFound] = useState<{ messages: unknown[]; results: Shapes['LintResult'][] } | null>(null)
  const [busy, setBusy] = useState(false)
  useTitle('Try', plan, ws)
  const look = async (event: React.FormEvent) => {
    event.preventDefault()
    if (busy) return
    setFaults([])
    const messages = messagesOf(text)
    if ('problem' in messages) return setProblem(messages.problem)
    setProblem(undefined)
    setBusy(true)
    try {
      const { results } = await read(
        api.POST('/tracking-plans/{trackingPlanId}/lint', {
          params: { path: { trackingPlanId: plan }, header: inWorkspace(ws) },
          body: { batch: messages.found as never[] },
        }),
      )
      setFound({ messages: messages.found, results })
    } catch (error) {
      setFound(null)
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Body>
      <Columns
        side={
          <Section title="Verdict">
            {found === null ? (
              <Empty title="Nothing tried yet">
                <p>
                  What the plan and the Spec say of each message stands here, and what would be stored of it.
                </p>
              </Empty>
            ) : (
              <div className={css.results} role="status">
                {found.results.map((result, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a result is its place.
                  <Result key={at} message={found.messages[at]} result={result} />
                ))}
              </div>
            )}
          </Section>
        }
      >
        <Section title="Messages" sub="As they would be sent. Nothing is sent or stored here.">
          <Panel>
            <Form onSubmit={look}>
              <Summary faults={faults} />
              <TextArea
                label="JSON"
                hint="One message, a list of them, a batch as an SDK sends it, or one message a line; at most 500."
                error={problem}
                mono
                rows={18}
                spellCheck={false}
                value={text}
                onChange={({ target }) => setText(target.value)}
              />
              <Actions>
                <Button type="submit" look="primary" busy={busy}>
                  Try
                </Button>
              </Actions>
            </Form>
          </Panel>
        </Section>
      </Columns>
    </Body>
  )
}

function Result({ message, result }: { message: unknown; result: Shapes['LintResult'] }) {
  const { type, event, name } = (message ?? {}) as Record<string, unknown>
  return (
    <section className={css.result}>
      <div className={css.row}>
        <ActionBadge action={result.action} />
        <strong>{String(event ?? name ?? type ?? 'message')}</strong>
        {result.code && <code>{result.code}</code>}
        {result.unplanned && (
          <Badge tone="warn" glyph="−">
            unplanned
          </Badge>
        )}
      </div>
      {result.violations.length === 0 && !result.unplanned && <Muted>It conforms to the plan.</Muted>}
      {result.violations.length > 0 && (
        <ul>
          {result.violations.map(({ field, description, pointer, type }) => (
            <li key={`${pointer} ${type} ${description}`}>
              <strong>{field}</strong>: {description}
            </li>
          ))}
        </ul>
      )}
      {result.omitted.length > 0 && (
        <p>
          Taken out: <code>{result.omitted.join(', ')}</code>
        </p>
      )}
      {result.findings.length > 0 && (
        <details>
          <summary>{plural(result.findings.length, 'remark')} of the Spec</summary>
          <ul>
            {result.findings.map(({ code, pointer, title, fix }) => (
              <li key={`${code} ${pointer}`}>
                {title}. <Muted>{fix}</Muted>
              </li>
            ))}
          </ul>
        </details>
      )}
      {result.stored !== undefined && (
        <details>
          <summary>What would be stored</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it. */}
          <pre tabIndex={0} role="region" aria-label="What would be stored">
            {JSON.stringify(result.stored, null, 2)}
          </pre>
        </details>
      )}
    </section>
  )
}
