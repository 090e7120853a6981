//! What stands in `$(( ))` and `(( ))`, computed.

use std::rc::Rc;

use brush_parser::ast::{
    ArithmeticExpr, ArithmeticTarget, BinaryOperator, UnaryAssignmentOperator, UnaryOperator,
};

use super::{Shell, parse};
use crate::practice::process::System;

/// How often a variable may name another one.
const NAMED: u32 = 20;

/// The value of an expression, or what is wrong with it.
pub(super) fn value(shell: &mut Shell, system: &mut System, text: &str) -> Result<i64, String> {
    if text.trim().is_empty() {
        return Ok(0);
    }
    let expression = read_before(system, text)?;
    compute(shell, system, &expression, NAMED)
}

fn read_before(system: &mut System, text: &str) -> Result<Rc<ArithmeticExpr>, String> {
    let (expression, cost) = system.read.expression(text, || read(text));
    if !system.spend(cost) {
        return Err("stopped".to_owned());
    }
    expression
}

fn read(text: &str) -> Result<ArithmeticExpr, String> {
    if parse::is_too_deep(text) || text.len() > 10_000 {
        return Err("expression too deep".to_owned());
    }
    brush_parser::arithmetic::parse(text.trim())
        .map_err(|_| format!("{}: syntax error in expression", text.trim()))
}

fn compute(
    shell: &mut Shell,
    system: &mut System,
    expression: &ArithmeticExpr,
    named: u32,
) -> Result<i64, String> {
    if !system.step() {
        return Err("stopped".to_owned());
    }
    match expression {
        ArithmeticExpr::Literal(number) => Ok(*number),
        ArithmeticExpr::Reference(target) => target_value(shell, system, target, named),
        ArithmeticExpr::UnaryOp(operator, of) => {
            let of = compute(shell, system, of, named)?;
            Ok(match operator {
                UnaryOperator::UnaryPlus => of,
                UnaryOperator::UnaryMinus => of.wrapping_neg(),
                UnaryOperator::BitwiseNot => !of,
                UnaryOperator::LogicalNot => i64::from(of == 0),
            })
        }
        ArithmeticExpr::BinaryOp(operator, left, right) => {
            let left = compute(shell, system, left, named)?;
            match operator {
                BinaryOperator::LogicalAnd if left == 0 => return Ok(0),
                BinaryOperator::LogicalOr if left != 0 => return Ok(1),
                _ => {}
            }
            let right = compute(shell, system, right, named)?;
            binary(*operator, left, right)
        }
        ArithmeticExpr::Conditional(condition, yes, no) => {
            if compute(shell, system, condition, named)? != 0 {
                compute(shell, system, yes, named)
            } else {
                compute(shell, system, no, named)
            }
        }
        ArithmeticExpr::Assignment(target, of) => {
            let of = compute(shell, system, of, named)?;
            set(shell, system, target, of)
        }
        ArithmeticExpr::BinaryAssignment(operator, target, of) => {
            let of = compute(shell, system, of, named)?;
            let before = target_value(shell, system, target, named)?;
            let after = binary(*operator, before, of)?;
            set(shell, system, target, after)
        }
        ArithmeticExpr::UnaryAssignment(operator, target) => {
            let before = target_value(shell, system, target, named)?;
            let (after, gives) = match operator {
                UnaryAssignmentOperator::PrefixIncrement => {
                    (before.wrapping_add(1), before.wrapping_add(1))
                }
                UnaryAssignmentOperator::PrefixDecrement => {
                    (before.wrapping_sub(1), before.wrapping_sub(1))
                }
                UnaryAssignmentOperator::PostfixIncrement => (before.wrapping_add(1), before),
                UnaryAssignmentOperator::PostfixDecrement => (before.wrapping_sub(1), before),
            };
            set(shell, system, target, after)?;
            Ok(gives)
        }
    }
}

fn binary(operator: BinaryOperator, left: i64, right: i64) -> Result<i64, String> {
    Ok(match operator {
        BinaryOperator::Power => {
            let exponent = u32::try_from(right).map_err(|_| "exponent less than 0".to_owned())?;
            left.wrapping_pow(exponent)
        }
        BinaryOperator::Multiply => left.wrapping_mul(right),
        BinaryOperator::Divide | BinaryOperator::Modulo if right == 0 => {
            return Err(format!("division by 0 (error token is \"{right}\")"));
        }
        BinaryOperator::Divide => left.wrapping_div(right),
        BinaryOperator::Modulo => left.wrapping_rem(right),
        BinaryOperator::Comma => right,
        BinaryOperator::Add => left.wrapping_add(right),
        BinaryOperator::Subtract => left.wrapping_sub(right),
        // Only the last six bits of a shift count, as on the processor.
        BinaryOperator::ShiftLeft => left.wrapping_shl(u32::try_from(right & 63).unwrap_or(0)),
        BinaryOperator::ShiftRight => left.wrapping_shr(u32::try_from(right & 63).unwrap_or(0)),
        BinaryOperator::LessThan => i64::from(left < right),
        BinaryOperator::LessThanOrEqualTo => i64::from(left <= right),
        BinaryOperator::GreaterThan => i64::from(left > right),
        BinaryOperator::GreaterThanOrEqualTo => i64::from(left >= right),
        BinaryOperator::Equals => i64::from(left == right),
        BinaryOperator::NotEquals => i64::from(left != right),
        BinaryOperator::BitwiseAnd => left & right,
        BinaryOperator::BitwiseXor => left ^ right,
        BinaryOperator::BitwiseOr => left | right,
        BinaryOperator::LogicalAnd => i64::from(left != 0 && right != 0),
        BinaryOperator::LogicalOr => i64::from(left != 0 || right != 0),
    })
}

fn target_value(
    shell: &mut Shell,
    system: &mut System,
    target: &ArithmeticTarget,
    named: u32,
) -> Result<i64, String> {
    let text = match target {
        ArithmeticTarget::Variable(name) => shell.variable(system, name).unwrap_or_default(),
        ArithmeticTarget::ArrayElement(name, index) => {
            let index = compute(shell, system, index, named)?;
            shell.element(name, index).unwrap_or_default()
        }
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(0);
    }
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let left = named
        .checked_sub(1)
        .ok_or_else(|| format!("{text}: expression recursion level exceeded"))?;
    let expression = read_before(system, text)?;
    compute(shell, system, &expression, left)
}

fn set(
    shell: &mut Shell,
    system: &mut System,
    target: &ArithmeticTarget,
    number: i64,
) -> Result<i64, String> {
    match target {
        ArithmeticTarget::Variable(name) => {
            let _ = shell.assign(system, name, number.to_string());
            Ok(number)
        }
        ArithmeticTarget::ArrayElement(name, index) => {
            let index = compute(shell, system, index, NAMED)?;
            if shell.set_element(name, index, number.to_string()) {
                Ok(number)
            } else {
                Err(format!("{name}: bad array subscript"))
            }
        }
    }
}
