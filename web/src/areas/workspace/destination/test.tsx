import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Code } from '../../../kit/copy'
import { Actions, Form, Select, sentence, TextArea } from '../../../kit/fields'
import { duration } from '../../../kit/figures'
import { Problem } from '../../../kit/loaded'
import { Body, Muted, Note, Section, useTitle } from '../../../kit/page'
import { destinationQuery, useRefusal } from './data'
import css from './destination.module.css'
import { messageOf, readable, SAMPLES, sampleText } from './sample'

type Trial = Shapes['Trial']

const OUTCOMES: Record<Trial['outcome'], { tone: 'ok' | 'warn' | 'bad'; glyph: string; words: string }> = {
  delivered: { tone: 'ok', glyph: '✓', words: 'It arrived. Messages like it are delivered.' },
  retry: {
    tone: 'warn',
    glyph: '↻',
    words: 'It did not arrive. A real message would wait and be tried again by itself.',
  },
  refused: {
    tone: 'bad',
    glyph: '✕',
    words: 'It was refused for good. A real message like it would be discarded, with this answer kept.',
  },
  badSettings: {
    tone: 'bad',
    glyph: '✕',
    words: 'The settings do not fit. Real messages would wait until they are mended.',
  },
}

/** Sends one message to the destination and shows what was said. */
export function DestinationTest() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const refused = useRefusal(ws, destination?.sourceId)
  useTitle('Test', destination?.name, ws)
  const [kind, setKind] = useState('track')
  const [text, setText] = useState(sampleText('track'))
  const [fault, setFault] = useState<string>()
  const trial = useMutation({
    mutationFn: async (message: Record<string, never>): Promise<Trial> => {
      const params = { path: { destinationId: id }, header: inWorkspace(ws) }
      return await read(api.POST('/destinations/{destinationId}/test', { params, body: { message } }))
    },
  })
  if (!destination) return null
  const outcome = trial.data && OUTCOMES[trial.data.outcome]
  return (
    <Body>
      <div className={css.tester}>
        <Form
          onSubmit={(event) => {
            event.preventDefault()
            const typed = messageOf(text)
            setFault('fault' in typed ? typed.fault : undefined)
            if ('message' in typed && !trial.isPending) trial.mutate(typed.message)
          }}
        >
          <Select
            label="Call"
            value={kind}
            onChange={(event) => {
              setKind(event.target.value)
              setText(sampleText(event.target.value))
              setFault(undefined)
            }}
          >
            {Object.keys(SAMPLES).map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
          <TextArea
            label="Message"
            mono
            rows={16}
            spellCheck={false}
            hint="What every message has (an id, times) is added where you leave it out."
            error={fault}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Actions>
            <Button type="submit" look="primary" busy={trial.isPending} disabled={!!refused}>
              Send test
            </Button>
          </Actions>
          <Muted>
            It is really sent, once, with the saved settings, also while the destination is off. It counts
            nowhere and is not kept.
          </Muted>
        </Form>
        <div className={css.said} aria-live="polite">
          {trial.error && <Problem error={trial.error} />}
          {!trial.data && !trial.error && (
            <Muted>The request that goes out and the answer that comes back are shown here.</Muted>
          )}
          {trial.data && outcome && (
            <>
              <Note tone={outcome.tone}>
                <span>
                  <strong>
                    {outcome.glyph} {outcome.words}
                  </strong>{' '}
                  {sentence(trial.data.detail)} <Muted>{duration(trial.data.durationMs)}</Muted>
                </span>
              </Note>
              <Said trial={trial.data} />
            </>
          )}
        </div>
      </div>
    </Body>
  )
}

function Said({ trial: { request, response } }: { trial: Trial }) {
  if (!request) return <Muted>No request went out.</Muted>
  return (
    <div className={css.sides}>
      <Section title="Request">
        <code className={css.line}>
          {request.method} {request.url}
        </code>
        <Headers of={request.headers} label="Request headers" />
        {request.body && <Code text={readable(request.body)} label="Request body" />}
      </Section>
      <Section title="Response">
        {response ? (
          <>
            <code className={css.line}>{response.status}</code>
            <Headers of={response.headers} label="Response headers" />
            {response.body ? (
              <Code text={readable(response.body)} label="Response body" />
            ) : (
              <Muted>Without a body.</Muted>
            )}
          </>
        ) : (
          <Muted>No answer came.</Muted>
        )}
      </Section>
    </div>
  )
}

function Headers({ of, label }: { of: Record<string, string>; label: string }) {
  const text = Object.entries(of)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
  return text ? <Code text={text} label={label} /> : null
}
