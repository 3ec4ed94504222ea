import { expect, test } from 'vitest'
import { grantsOf, inWords, type Permission, permissionsOf, singleOf } from './permissions'

const names: Record<string, string> = { src_1: 'Web shop', src_2: 'CRM export' }
const nameOf = (id: string) => names[id] ?? id

const everything: Permission = {
  roleId: 'workspace_owner',
  roleName: 'Workspace Owner',
  resources: [{ id: 'ws_1', type: 'WORKSPACE' }],
}
const two: Permission = {
  roleId: 'source_admin',
  roleName: 'Source Admin',
  resources: [
    { id: 'src_1', type: 'SOURCE' },
    { id: 'src_2', type: 'SOURCE' },
  ],
}
const labelled: Permission = {
  roleId: 'source_read_only',
  roleName: 'Source Read-only',
  resources: [{ id: 'ws_1', type: 'WORKSPACE', labels: [{ key: 'environment', value: 'prod' }] }],
}

test('permissions are said in words', () => {
  expect(inWords(everything, nameOf)).toBe('Workspace Owner')
  expect(inWords(two, nameOf)).toBe('Source Admin on Web shop and CRM export')
  expect(inWords(labelled, nameOf)).toBe('Source Read-only on all sources labelled environment:prod')
})

test('what the form makes of permissions is what it was given', () => {
  const sent = permissionsOf(grantsOf([everything, two, labelled]), 'ws_1')
  expect(sent).toEqual([everything, two, labelled].map(({ roleId, resources }) => ({ roleId, resources })))
})

test('only roles on sources and destinations are given on single ones', () => {
  expect(singleOf('source_admin')).toBe('SOURCE')
  expect(singleOf('destination_read_only')).toBe('DESTINATION')
  expect(singleOf('workspace_member')).toBeNull()
  expect(
    permissionsOf([{ roleId: 'workspace_owner', resources: ['src_1'], labels: ['a:b'] }], 'ws_1'),
  ).toEqual([{ roleId: 'workspace_owner', resources: [{ id: 'ws_1', type: 'WORKSPACE' }] }])
})
