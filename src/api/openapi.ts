import { z } from 'zod';
import { ErrorBody } from './answer.ts';
import type { Row } from './route.ts';

type Json = Record<string, unknown>;

/** A zod schema as JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
}

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

const content = (type: string, schema: Json) => ({ content: { [type]: { schema } } });

function requestBody(row: Row): Json {
  if (row.form === 'upload')
    return {
      requestBody: { required: true, ...content(row.accepts, { type: 'string', contentEncoding: 'binary' }) },
    };
  if (row.form === 'events' || row.form === 'stream' || !row.body) return {};
  return { requestBody: { required: true, ...content('application/json', jsonSchema(row.body, 'input')) } };
}

function answers(row: Row): Json {
  const failure = {
    description: 'Refused',
    ...content('application/json', { $ref: '#/components/schemas/Error' }),
  };
  if (row.form === 'events')
    return {
      200: { description: 'Server-sent events', ...content('text/event-stream', { type: 'string' }) },
      default: failure,
    };
  if (row.form === 'stream')
    return { 101: { description: 'A WebSocket, joined to the session' }, default: failure };
  if (row.form === 'file')
    return {
      200: {
        description: 'The file',
        ...content('application/octet-stream', { type: 'string', contentEncoding: 'binary' }),
      },
      default: failure,
    };
  const success = {
    description: row.summary,
    ...content('application/json', jsonSchema(row.response, 'output')),
  };
  return { [row.status ?? 200]: success, default: failure };
}

function operation(row: Row): Json {
  const permission = row.permission === 'public' ? { security: [] } : { 'x-permission': row.permission };
  return {
    operationId: row.operationId,
    summary: row.summary,
    tags: [row.path.split('/')[2] ?? 'platform'],
    ...permission,
    parameters:
      row.form === 'public' ? [] : [...parameters('path', row.params), ...parameters('query', row.query)],
    ...requestBody(row),
    responses: answers(row),
  };
}

/** PURE. The whole table as an OpenAPI 3.1 document. */
export function renderOpenApi(rows: readonly Row[]): Json {
  const paths: Record<string, Json> = {};
  for (const row of rows) {
    const path = row.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operation(row) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bastide',
      version: '1',
      description:
        'Every change answers with an operation, which is followed at /v1/operations/{operation}/events.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token (bst_…)' } },
      schemas: { Error: jsonSchema(ErrorBody, 'output') },
    },
  };
}
