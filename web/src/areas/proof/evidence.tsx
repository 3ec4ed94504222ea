import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Shapes } from '../../api/client'
import { Button, OutsideButton } from '../../kit/button'
import { Code, Id } from '../../kit/copy'
import { Dialog } from '../../kit/dialog'
import { count, plural } from '../../kit/figures'
import { Loaded } from '../../kit/loaded'
import { Note, Pairs, Section } from '../../kit/page'
import { Spoken } from '../../kit/spoken'
import { find, parse, pretty } from '../workspace/source/debugger/json'
import type { Sample } from './found'
import { lineOf } from './lines'
import css from './proof.module.css'
import { Events, Rules, Score, Walkthrough } from './report'

/** What a submission rests on, as it was frozen. `messages` is the address of the messages themselves. */
export function Evidence({
  evidence: { report, hash, ranges },
  messages,
  children,
}: {
  evidence: Shapes['EvidenceView']
  messages: string
  children?: ReactNode
}) {
  const [shown, setShown] = useState<Sample>()
  const to = (sample: Sample) => (
    <Button small look="quiet" onClick={() => setShown(sample)}>
      Show<Spoken> the message {sample.title}</Spoken>
    </Button>
  )
  const total = ranges.reduce((sum, range) => sum + range.messages, 0)
  return (
    <>
      <Score report={report}>
        <OutsideButton small href={messages} download>
          Download {plural(total, 'message')}
        </OutsideButton>
        {children}
      </Score>
      <Rules rules={report.rules} to={to} />
      <Events events={report.events} to={to} none={<p>It declares no events, and none came.</p>} />
      {report.walkthrough.length > 0 && <Walkthrough steps={report.walkthrough} to={to} />}
      <Section
        title="What this rests on"
        sub="Frozen with the submission: whoever runs the checks again over these messages comes to the same report."
      >
        <Pairs
          of={[
            ['Hash', <Id key="hash" value={hash} what="hash of the evidence" />],
            ['Rules', report.ruleSet],
            [
              'Messages',
              <ul key="ranges" className={css.ranges}>
                {ranges.map(({ source, from, to, messages }) => (
                  <li key={source}>
                    {source}: {count(messages)}, from {from} to {to}
                  </li>
                ))}
              </ul>,
            ],
          ]}
        />
      </Section>
      {shown && <Message sample={shown} messages={messages} close={() => setShown(undefined)} />}
    </>
  )
}

function Message({ sample, messages, close }: { sample: Sample; messages: string; close: () => void }) {
  const line = useQuery({
    queryKey: ['proof', messages, sample.source, sample.position],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const response = await fetch(messages)
      if (!response.ok || !response.body)
        throw new Error(`the messages could not be read (${response.status})`)
      return lineOf(response.body, sample)
    },
  })
  return (
    <Dialog title={sample.title} open onClose={close} wide>
      <Loaded query={line} rows={6}>
        {(text) => {
          const json = text === null ? null : parse(text)
          if (!json) return <Note tone="bad">It is not among the frozen messages.</Note>
          return (
            <Code text={pretty(json, find(json, 'message') ?? json.root)} label={`message ${sample.title}`} />
          )
        }}
      </Loaded>
      <div>
        <Button onClick={close}>Close</Button>
      </div>
    </Dialog>
  )
}
