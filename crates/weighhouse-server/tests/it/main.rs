//! The gate as its users meet it: requests in, answers and state out.

#![cfg(test)]

mod audit;
mod cluster;
mod harness;
mod hub;
mod review;
mod sound;
mod story;
mod upstream;
mod web;
