import { describe, expect, it } from 'vitest';
import { partFailureOf } from '../../src/run/part-failure.ts';

const orders = { path: 'orderErrors', message: 'some lines were not ordered' };
const devices = {
  path: 'devicesStatus',
  where: { status: ['finished_with_errors'] },
  name: ['serialNumber', 'productKey'],
  message: 'some devices were not taken',
};

describe('a part failure', () => {
  it('is every element of a list that holds only what failed', () => {
    expect(partFailureOf(orders, { orderErrors: [{ code: 800009, description: 'not for sale' }] })).toBe(
      'some lines were not ordered: 800009: not for sale',
    );
  });

  it('is none where the list is empty or is not there', () => {
    expect(partFailureOf(orders, { orderErrors: [] })).toBeUndefined();
    expect(partFailureOf(orders, {})).toBeUndefined();
    expect(partFailureOf(undefined, { orderErrors: [{}] })).toBeUndefined();
  });

  it('is told element by element, each by its name, where a list holds good ones as well', () => {
    const devicesStatus = [
      { serialNumber: 'A', status: 'finished' },
      { serialNumber: 'B', status: 'finished_with_errors', errorCode: '808', errorDescription: 'of another' },
      { productKey: 'C', status: 'Finished_With_Errors', errorCode: '806', errorDescription: 'known' },
    ];
    expect(partFailureOf(devices, { devicesStatus })).toBe(
      'some devices were not taken: B 808: of another; C 806: known',
    );
    expect(partFailureOf(devices, { devicesStatus: devicesStatus.slice(0, 1) })).toBeUndefined();
  });

  it('without words is shown as it is', () => {
    expect(partFailureOf(orders, { orderErrors: [{ line: 3 }] })).toBe(
      'some lines were not ordered: {"line":3}',
    );
  });
});
